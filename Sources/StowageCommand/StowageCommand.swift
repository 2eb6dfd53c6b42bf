// StowageCommand
