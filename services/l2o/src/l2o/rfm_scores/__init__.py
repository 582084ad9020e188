"""RFM scores (RFM 评分): how recently, how often and for how much each account ordered."""
