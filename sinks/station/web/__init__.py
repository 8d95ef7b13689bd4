"""Page of the operator's station, over HTTP: what the hub has goes to browsers by a socket, and what people order comes
back by POST. No request leaves the host, and no browser, however slow, is waited for."""
