"""CPQ (configure, price, quote): products, price books, and quotes made from them."""
