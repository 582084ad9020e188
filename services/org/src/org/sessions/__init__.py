"""Sessions (登录会话): where a person is signed in; each renews its tokens by refresh tokens."""
