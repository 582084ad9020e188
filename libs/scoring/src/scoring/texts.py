"""Texts of the codes of scores and models; a service adds them to its own."""

from collections.abc import Mapping
from typing import Final

from chassis.foundation.texts import Text

TEXTS: Final[Mapping[str, Text]] = {
    "SCORING_TOO_FEW_EXAMPLES": Text(
        "训练模型至少需要 {needed} 条已转化和 {needed} 条已作废的线索；"
        "目前分别有 {won} 条和 {lost} 条。",
        "A model needs at least {needed} leads that were converted and {needed} that were lost;"
        " there are {won} and {lost}.",
    ),
    "SCORING_OUTCOMES_NOT_MIXED": Text(
        "每个时间段都需要至少 {needed} 条已转化和 {needed} 条已作废的线索；"
        "其中一段只有 {won} 条和 {lost} 条。",
        "Each period needs at least {needed} leads that were converted and {needed} that were"
        " lost; one has {won} and {lost}.",
    ),
    "SCORING_NO_USABLE_FIELDS": Text(
        "没有可用于训练的字段。", "No field tells anything about which leads are converted."
    ),
    "SCORING_TRAINING_FAILED": Text(
        "模型训练未能完成，请稍后再试。", "The model could not be trained. Please try again later."
    ),
    "SCORE_MODEL_TRAINING": Text(
        "已有一个模型正在训练，请等它完成。",
        "A model is being trained already. Please wait until it is ready.",
    ),
    "SCORE_MODEL_NOT_FOUND": Text("没有该模型。", "There is no such model."),
    "SCORE_MODEL_UNKNOWN": Text("没有该模型。", "There is no such model."),
    "SCORE_MODEL_MISSING": Text(
        "智能分有权重，但没有选择模型。", "The intelligent score has a weight, but no model."
    ),
    "SCORE_TOUCHES_MISSING": Text(
        "行为分有权重，但没有任何触点计分。",
        "Behavior has a weight, but no touch is worth a point.",
    ),
    "SCORE_WEIGHTS_EMPTY": Text(
        "至少一个部分的权重须大于 0。", "At least one part needs a weight above 0."
    ),
    "DriftLevel.NONE": Text("无明显变化", "No change"),
    "DriftLevel.SOME": Text("有些变化", "Some change"),
    "DriftLevel.LARGE": Text("变化很大", "Large change"),
    "ScorePart.ATTRIBUTE": Text("属性分", "Attributes"),
    "ScorePart.BEHAVIOR": Text("行为分", "Behavior"),
    "ScorePart.INTELLIGENT": Text("智能分", "Intelligent score"),
    "ModelKind.LEARNED": Text("机器学习", "Learned"),
    "ModelKind.FREQUENCY": Text("频率统计", "Frequencies"),
    "Method.LOGISTIC_REGRESSION": Text("逻辑回归", "Logistic regression"),
    "Method.GRADIENT_BOOSTING": Text("梯度提升", "Gradient boosting"),
    "Direction.UP": Text("加分", "Raises the score"),
    "Direction.DOWN": Text("减分", "Lowers the score"),
    "ExclusionReason.WRITTEN_LATER": Text("在结果之后填写", "Written after the outcome"),
    "ExclusionReason.FILLED_IN_ONE_CLASS": Text(
        "几乎只在一种结果的线索中填写", "Filled almost only for one outcome"
    ),
    "ExclusionReason.CHANGED_IN_ONE_CLASS": Text(
        "几乎只在一种结果的线索中修改", "Changed almost only for one outcome"
    ),
    "ExclusionReason.FILLED_WITH_LATER": Text(
        "与结果之后才填写的字段同时填写", "Filled together with a field that is written later"
    ),
    "ExclusionReason.PREDICTS_ALONE": Text(
        "单独即可预测结果，疑为事后填写", "Predicts the outcome alone, so it may be written later"
    ),
    "ExclusionReason.CONSTANT": Text("几乎总是同一个值", "Nearly always the same"),
    "ExclusionReason.TOO_MANY_VALUES": Text("不同的值太多", "Too many different values"),
    "ExclusionReason.MIXED_KINDS": Text("文本与数字混用", "Texts and numbers are mixed"),
}
