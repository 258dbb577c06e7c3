"""The service on the wire: the only place, with the client, where gRPC and the generated code meet the domain."""
