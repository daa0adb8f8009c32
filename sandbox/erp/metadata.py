"""GET $metadata: an OData v3 EDMX of the types, sets and user fields that this company has."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import quoteattr

from sandbox.erp.company import CompanySchema
from sandbox.erp.schema import ENUMERATIONS, Property, Type
from sandbox.erp.sets import EntitySet
from sandbox.erp.wire import Call, Reply

_EDM = {"S": "Edm.String", "I": "Edm.Int32", "D": "Edm.Double", "date": "Edm.DateTime", "time": "Edm.Time"}
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx">'
    '<edmx:DataServices m:DataServiceVersion="3.0" m:MaxDataServiceVersion="3.0" '
    'xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">'
    '<Schema Namespace="SAPB1" xmlns="http://schemas.microsoft.com/ado/2009/11/edm">'
)
_FUNCTIONS = (
    '<FunctionImport Name="DraftsService_SaveDraftToDocument" m:HttpMethod="POST">'
    '<Parameter Name="Document" Type="SAPB1.Document"/></FunctionImport>'
)


def answer(call: Call) -> Reply:
    """The document; with header ``B1S-WithMappingInfo: 1`` properties carry their database column."""
    aliases = call.switched_on("WithMappingInfo")
    return Reply(200, document(call.company.schema, aliases), content_type="application/xml;charset=utf-8")


def document(schema: CompanySchema, aliases: bool = False) -> str:
    parts = [_HEAD]
    used = sorted({p.type for kind in schema.types.values() for p in kind.properties.values()} & set(ENUMERATIONS))
    parts += [_enumeration(name) for name in used]
    parts += [_type(kind, aliases) for kind in schema.types.values()]
    parts.append('<EntityContainer Name="ServiceLayer" m:IsDefaultEntityContainer="true">')
    parts += [_set(entity_set) for entity_set in schema.sets.values()]
    parts += [_FUNCTIONS, *_actions(schema)]
    parts.append("</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>")
    return "\n".join(parts)


def _enumeration(name: str) -> str:
    members = ENUMERATIONS[name].members.items()
    inner = "".join(f"<Member Name={quoteattr(member)} Value={quoteattr(value)}/>" for member, value in members)
    return f'<EnumType Name="{name}">{inner}</EnumType>'


def _type(kind: Type, aliases: bool) -> str:
    tag = "EntityType" if kind.keys else "ComplexType"
    key = "".join(f'<PropertyRef Name="{name}"/>' for name in kind.keys)
    inner = (f"<Key>{key}</Key>" if key else "") + "".join(
        _property(kind, p, aliases) for p in kind.properties.values()
    )
    return f"<{tag} Name={quoteattr(kind.name)}>{inner}</{tag}>"


def _property(kind: Type, prop: Property, aliases: bool) -> str:
    if prop.many:
        return f"<Property Name={quoteattr(prop.name)} Type={quoteattr(f'Collection(SAPB1.{prop.type})')}/>"
    attributes = {"Name": prop.name, "Type": _EDM.get(prop.type) or f"SAPB1.{prop.type}"}
    if prop.name in kind.keys:
        attributes["Nullable"] = "false"
    if prop.size:
        attributes["MaxLength"] = str(prop.size)
    if aliases:
        attributes |= {"Alias": prop.column, "Writable": "false" if prop.read_only else "true"}
    return "<Property " + " ".join(f"{name}={quoteattr(value)}" for name, value in attributes.items()) + "/>"


def _set(entity_set: EntitySet) -> str:
    return f"<EntitySet Name={quoteattr(entity_set.name)} EntityType={quoteattr(f'SAPB1.{entity_set.type}')}/>"


def _actions(schema: CompanySchema) -> Iterator[str]:
    """One bindable function for each action of each type."""
    known: set[tuple[str, str]] = set()
    for entity_set in schema.sets.values():
        for action in entity_set.actions:
            if (entity_set.type, action) not in known:
                known.add((entity_set.type, action))
                head = f'<FunctionImport Name="{action}" IsBindable="true" m:HttpMethod="POST">'
                parameter = f'<Parameter Name="{entity_set.type}" Type="SAPB1.{entity_set.type}"/>'
                yield f"{head}{parameter}</FunctionImport>"
