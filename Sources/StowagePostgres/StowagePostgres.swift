// StowagePostgres
