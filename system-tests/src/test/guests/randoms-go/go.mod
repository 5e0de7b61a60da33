module randoms

go 1.24

require plexspaces.io/sdk-go v0.1.0

replace plexspaces.io/sdk-go => ../../../../../sdk-go
