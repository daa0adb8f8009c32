"""The pretended DI API: a cookie login and SQL in HANA's manners over the ERP's documents."""
