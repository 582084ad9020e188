"""References (参考数据): code lists for screens, such as currencies and regions."""
