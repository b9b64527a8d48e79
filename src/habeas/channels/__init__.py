"""How notices leave: e-mail and webhook behind one port (`service.ports.Sender`)."""
