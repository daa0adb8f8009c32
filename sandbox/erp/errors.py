"""Errors as the Service Layer answers them: a number, a text, an HTTP status."""

from __future__ import annotations


class ServiceError(Exception):
    """Answered to the client; ``code`` is a number in v1 and a text in v2."""

    def __init__(self, code: int, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.code, self.text, self.status = code, text, status

    def body(self, version: str, in_batch: bool = False) -> dict:
        if version == "v2":
            details = [{"code": "", "message": ""}]
            return {"error": {"code": str(self.code), "details": details, "message": self.text}}
        error: dict = {"code": self.code}
        if in_batch:
            error["innererror"] = {"context": None, "trace": None}
        error["message"] = {"lang": "en-us", "value": self.text}
        return {"error": error}


def no_session() -> ServiceError:
    return ServiceError(301, "Invalid session or session already timeout.", 401)


def not_found() -> ServiceError:
    return ServiceError(-2028, "No matching records found (ODBC -2028)", 404)


def unknown_resource() -> ServiceError:
    return ServiceError(200, "Unrecognized resource path.")


def unknown_in_filter(name: str) -> ServiceError:
    return ServiceError(201, f"Property '{name}' is invalid")


def unknown_property(name: str, type_name: str) -> ServiceError:
    return ServiceError(-1000, f"Property '{name}' of '{type_name}' is invalid")


def not_a_number(text: object, name: str) -> ServiceError:
    return ServiceError(205, f"the given value('{text}') of property '{name}' is not a NUMBER")


def bad_content() -> ServiceError:
    return ServiceError(206, "Bad patch content.")


def not_supported() -> ServiceError:
    return ServiceError(-5006, "The requested action is not supported for this object.")


def refused(text: str) -> ServiceError:
    """A business rule says no."""
    return ServiceError(-5002, text)


def stale() -> ServiceError:
    text = "Another user or another operation modified data; to continue, open the window again (ODBC -2039)"
    return ServiceError(-2039, text, 412)
