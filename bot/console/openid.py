"""OpenID Connect: who else may vouch for somebody of the staff.  Code flow with state, nonce and PKCE."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "RS384", "RS512", "PS384", "PS512", "ES384", "ES512")
"""Only those with a public key: a shared secret or none at all proves nothing here."""
PATIENCE_SECONDS = 10
LEEWAY_SECONDS = 60


class NotVouched(Exception):
    """The provider did not answer, or not so that it can be believed.  The message is for the log."""


@dataclass(frozen=True)
class Asked:
    """What a browser was sent to the provider with; it brings it back in a sealed cookie."""

    state: str
    nonce: str
    verifier: str
    redirect: str
    next: str

    @classmethod
    def anew(cls, redirect: str, place: str) -> Asked:
        return cls(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48), redirect, place)

    def as_json(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True)
class Provider:
    """``claim``: where the provider tells the login.  Every method asks the provider over the network."""

    issuer: str
    client_id: str
    client_secret: str
    claim: str

    def address(self, asked: Asked) -> str:
        """Where to send the browser.  :class:`NotVouched` if the provider does not answer."""
        place = self._metadata("authorization_endpoint")
        address, _state = self._client(asked).create_authorization_url(
            place["authorization_endpoint"], state=asked.state, nonce=asked.nonce, code_verifier=asked.verifier
        )
        return str(address)

    def login(self, asked: Asked, state: str, code: str) -> str:
        """The login that the provider vouches for.  :class:`NotVouched`."""
        if not secrets.compare_digest(state.encode(), asked.state.encode()):
            raise NotVouched("the state is not the one that was sent")
        metadata = self._metadata("token_endpoint", "jwks_uri")
        try:
            token = self._client(asked).fetch_token(
                metadata["token_endpoint"], code=code, code_verifier=asked.verifier, timeout=PATIENCE_SECONDS
            )
            claims = self._claims(str(token.get("id_token", "")), self._json(metadata["jwks_uri"]), asked.nonce)
        except (AuthlibBaseError, JoseError, requests.RequestException, ValueError, KeyError) as error:
            raise NotVouched(f"{type(error).__name__}: {error}") from error
        return self._login_in(claims)

    def _claims(self, id_token: str, keys: Any, nonce: str) -> Mapping[str, Any]:
        claims = jwt.decode(id_token, KeySet.import_key_set(keys), algorithms=ALGORITHMS).claims
        registry = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.client_id},
            nonce={"essential": True, "value": nonce},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        registry.validate(claims)
        if claims.get("azp", self.client_id) != self.client_id:
            raise NotVouched("the token was made for somebody else")
        return claims

    def _login_in(self, claims: Mapping[str, Any]) -> str:
        login = claims.get(self.claim)
        if not isinstance(login, str) or not login:
            raise NotVouched(f"no {self.claim} in the token")
        if self.claim == "email" and claims.get("email_verified") is not True:
            raise NotVouched("the provider has not verified the e-mail address")
        return login

    def _metadata(self, *wanted: str) -> Mapping[str, Any]:
        metadata = self._json(self.issuer.rstrip("/") + "/.well-known/openid-configuration")
        if not isinstance(metadata, dict) or metadata.get("issuer") != self.issuer:
            raise NotVouched("the provider calls itself by another name")
        for name in wanted:
            if urlsplit(str(metadata.get(name))).scheme not in ("https", urlsplit(self.issuer).scheme):
                raise NotVouched(f"the provider has no {name}")
        return metadata

    def _json(self, address: str) -> Any:
        try:
            answer = requests.get(address, timeout=PATIENCE_SECONDS)
            answer.raise_for_status()
            return answer.json()
        except (requests.RequestException, ValueError) as error:
            raise NotVouched(f"{address}: {type(error).__name__}") from error

    def _client(self, asked: Asked) -> OAuth2Session:
        return OAuth2Session(
            self.client_id,
            self.client_secret,
            scope="openid profile email",
            redirect_uri=asked.redirect,
            code_challenge_method="S256",
        )
