"""Stands in for Amazon Cognito's hosted login: OIDC code flow with PKCE, RS256 tokens, refresh, logout.

Paths, parameters and claims are Cognito's, so what works here works there. Anybody may be anybody: it asks
who one is, never for a password. Keys are made once and are nobody else's. `POST /tokens` with a form
`username=...` is of this machine only: tokens for programs, without a browser.
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-userpools-server-contract-reference.html
"""
