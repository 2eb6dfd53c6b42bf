// An app that mounts the commands also needs what runs them and what its own commands print with.
@_exported public import StowageProgram
