module plexspaces.io/sdk-go

go 1.24
