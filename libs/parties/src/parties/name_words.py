"""Words that stand in company names beside the brand: lines of business and legal forms."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What a company does; in Chinese names several of them follow each other.
CHINESE_LINES = _words("""
科技 技术 信息 网络 软件 系统 数据 智能 智慧 电子 电气 电器 电力 电子商务 电商 通信 通讯
互联网 计算机 半导体 集成电路 微电子 光电 机械 机电 设备 装备 仪器 仪表 精密 自动化 机器人
制造 工业 实业 重工 模具 五金 金属 钢铁 铝业 材料 新材料 包装 包装材料 塑料 塑胶 橡胶 纸业
印刷 化工 化学 石化 能源 新能源 光伏 燃气 石油 矿业 环保 环境 水务 工程 建筑 建设 建材 装饰
装修 设计 房地产 地产 置业 物业 园林 开发 发展 贸易 商贸 国际 国际贸易 进出口 外贸 商业 百货
零售 连锁 供应链 物流 货运 运输 航运 航空 快递 仓储 汽车 汽车零部件 零部件 医药 药业 制药 医疗
医疗器械 器械 生物 生物科技 健康 食品 饮料 酒业 餐饮 农业 农牧 种业 渔业 服饰 服装 纺织 家具
家居 家电 玩具 日化 化妆品 文化 传媒 广告 影视 娱乐 体育 旅游 酒店 教育 培训 咨询 管理
企业管理 服务 人力资源 财务 法律 金融 投资 资本 资产 基金 证券 保险 担保 租赁 融资租赁 控股
银行 信托
""")
LATIN_LINES = _words("""
technology technologies tech software systems system solutions services service logistics
trading trade foods food chemicals chemical automotive auto medical devices electronics
electronic electric packaging construction engineering textiles textile semiconductors
semiconductor consulting international industries industry industrial manufacturing machinery
equipment materials pharma pharmaceutical pharmaceuticals bio biotech energy power media
design education capital investment investments networks network data digital
""")
LATIN_LEGAL_FORMS = _words("""
co company ltd limited inc incorporated corp corporation llc llp lp plc gmbh ag kg sa sas sarl
srl spa bv nv ab oy as aps pte pty sdn bhd kk group holding holdings the and
""")
LONGEST_CHINESE_LINE = max(map(len, CHINESE_LINES))
