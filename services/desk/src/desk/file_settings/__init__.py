"""File settings (文件设置): which files a tenant admits, and how they are stored."""
