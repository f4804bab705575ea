"""The pieces of training, written from scratch on tensors: one page each. Nothing of torch.nn or torch.optim is used."""
