"""The platform's tables, one module a noun."""

from core.models.alert import Alert, AlertChannel
from core.models.connection import Connection
from core.models.credential import ApiToken, AppCredential
from core.models.delivery import Delivery
from core.models.event import InboundEvent
from core.models.flow import FlowConnection, FlowInstance, FlowRoute
from core.models.health import Beat
from core.models.mapping import FieldMapping, UnknownValue, ValueMap
from core.models.run import FlowRun, RunStep
from core.models.template import FlowTemplate, TemplateShare
from core.models.tenancy import Company, DomainFile, Membership, Person, Role, Tenant

__all__ = [
    "Alert",
    "AlertChannel",
    "ApiToken",
    "AppCredential",
    "Beat",
    "Company",
    "Connection",
    "Delivery",
    "DomainFile",
    "FieldMapping",
    "FlowConnection",
    "FlowInstance",
    "FlowRoute",
    "FlowRun",
    "FlowTemplate",
    "InboundEvent",
    "Membership",
    "Person",
    "Role",
    "RunStep",
    "TemplateShare",
    "Tenant",
    "UnknownValue",
    "ValueMap",
]
