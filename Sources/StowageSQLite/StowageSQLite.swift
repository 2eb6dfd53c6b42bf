// StowageSQLite
