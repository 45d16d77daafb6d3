module childregistry.example/judge

go 1.26.0

require golang.org/x/mod v0.42.0

require github.com/anishathalye/porcupine v1.3.1
