"""From what the scanner sent to the ERP's document (protocol C5, C6). Pure: no settings, no database, no network."""
