"""Files (文件): what people upload; services attach them to records, and sign links to them."""
