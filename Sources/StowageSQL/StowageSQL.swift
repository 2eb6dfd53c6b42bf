// StowageSQL
