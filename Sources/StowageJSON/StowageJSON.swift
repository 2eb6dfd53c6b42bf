// StowageJSON
