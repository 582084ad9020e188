"""References (参考数据): the code lists that screens offer, such as currencies and regions."""
