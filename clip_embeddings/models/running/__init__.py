"""Where and how torch computes, whatever the model: device and precision, thread, layers, pixels."""
