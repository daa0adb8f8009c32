"""Words of the theme and the audit log's library, which bring no Chinese: named here, so that our catalogue has them.

Listed are those that a person can meet in this console; Django translates the others itself.
"""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

THEME = (
    _("All applications"),
    _("Apply Filters"),
    _("Cancel"),
    _("Changes"),
    _("Choose file to upload"),
    _("Click to cancel"),
    _("Dark"),
    _("Date"),
    _("Date from"),
    _("Date to"),
    _("Expand row"),
    _("False"),
    _("Filters"),
    _("From"),
    _("General"),
    _("Go back"),
    _("Light"),
    _("Loading more results..."),
    _("More actions"),
    _("Next"),
    _("No data"),
    _("No recent searches"),
    _("No results found"),
    _("No results matching your query"),
    _("Not enough data."),
    _("Previous"),
    _("Recent searches"),
    _("Reset filters"),
    _("Return to site"),
    _("Run"),
    _("Search apps and models..."),
    _("Select action"),
    _("Select action to run"),
    _("Select all rows"),
    _("Select record"),
    _("Select value"),
    _("Submit"),
    _("System"),
    _("This item will be deleted."),
    _("This page yielded into no results. Create a new item or reset your filters."),
    _("To"),
    _("Toggle password visibility"),
    _("True"),
    _("Type to search"),
    _("Value"),
    _("Welcome"),
    _("You have been successfully logged out from the administration"),
    _(" By %(filter_title)s "),
    _("After you've created a user, you’ll be able to edit more user options."),
    _(
        "Raw passwords are not stored, so there is no way to see this user’s password, but you can change the password"
        ' using <a href="{}" class="text-primary-600 dark:text-primary-500">this form</a>.'
    ),
)
AUDIT_LOG = (
    _("Audit log"),
    _("No field changes"),
    _("No log entries found."),
    _("Relationship"),
    _("access"),
    _("action"),
    _("actor"),
    _("create"),
    _("delete"),
    _("object representation"),
    _("remote address"),
    _("remote port"),
    _("system"),
    _("timestamp"),
    _("update"),
)
