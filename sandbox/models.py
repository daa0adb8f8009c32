"""Everything the sandbox knows: one table of JSON documents, one of effects."""

from django.db import models


class Record(models.Model):
    """One object of one pretended system: (system, kind, key) -> JSON body.

    ``version`` counts writes (the ERP's DataVersion); ``order`` keeps creation order.
    """

    system = models.CharField(max_length=20)
    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=120)
    number = models.BigIntegerField(null=True)  # integer keys sort as numbers
    body = models.JSONField()
    version = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return f"{self.system} {self.kind}({self.key})"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "kind", "key"], name="sandbox_one_key")]
        indexes = [models.Index(fields=["system", "kind", "number"])]


class Effect(models.Model):
    """What an outside system really did, in order: an offline checker reads this history.

    ``system`` ecology, erp ...; ``op`` create, find, mark, decide, login ...; ``key`` the object;
    ``source`` the number of ours it carries, where the checker must count by it; ``detail`` whatever else helps.
    """

    system = models.CharField(max_length=20, db_index=True)
    op = models.CharField(max_length=40, db_index=True)
    key = models.CharField(max_length=160, blank=True)
    source = models.CharField(max_length=160, blank=True)
    detail = models.JSONField(default=dict)
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.system} {self.op} {self.key}"
