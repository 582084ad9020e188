"""Reviews (客户复核): important accounts are looked at again when nothing happened for a while."""
