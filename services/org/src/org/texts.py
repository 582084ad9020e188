"""What org refuses, in words. OAuth errors leave in English only: RFC 6749 wants ASCII."""

from chassis.texts import Text

TEXTS: dict[str, Text] = {
    "TENANT_NOT_FOUND": Text("没有该租户。", "There is no such tenant."),
    "PERSON_NOT_FOUND": Text("没有该人员。", "There is no such person."),
    "CLIENT_NOT_FOUND": Text("没有该服务客户端。", "There is no such service client."),
    "TIMEZONE_UNKNOWN": Text("不是有效的 IANA 时区。", "Not an IANA time zone."),
    "COUNTRY_UNKNOWN": Text(
        "不是有效的 ISO 3166-1 国家或地区代码。", "Not an ISO 3166-1 country code."
    ),
    "LANGUAGE_REPEATED": Text("语言不可重复。", "A language stands there twice."),
    "USERNAME_MISSING": Text("有密码则须有用户名。", "A password needs a username."),
    "USERNAME_TAKEN": Text("用户名 {username} 已被占用。", "The username {username} is taken."),
    "CLIENT_ID_TAKEN": Text(
        "客户端标识 {client_id} 已被占用。", "The client id {client_id} is taken."
    ),
    "SCOPES_NOT_HELD": Text(
        "不能授予自己没有的权限：{scopes}。", "You cannot grant scopes you lack: {scopes}."
    ),
    "LOGIN_BRAKED": Text(
        "失败次数过多，请在 {seconds} 秒后重试。", "Too many failures; try again in {seconds} s."
    ),
    "INVALID_REQUEST": Text(
        "请求缺少参数、重复了参数或无法解析。",
        "The request lacks a parameter, repeats one or cannot be read.",
    ),
    "INVALID_CLIENT": Text("客户端认证失败。", "Client authentication failed."),
    "INVALID_GRANT": Text("用户名或密码错误。", "The username or the password is wrong."),
    "UNAUTHORIZED_CLIENT": Text(
        "服务客户端不得使用 password 授权。", "A service client may not use the password grant."
    ),
    "UNSUPPORTED_GRANT_TYPE": Text(
        "只支持 client_credentials 与 password。",
        "Only client_credentials and password are supported.",
    ),
    "INVALID_SCOPE": Text("超出了自己的权限。", "The scope goes beyond what was granted."),
}
