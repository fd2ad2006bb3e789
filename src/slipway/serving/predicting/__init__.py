"""One bundle that predicts: from inputs to outputs, and from outputs to what is answered."""
