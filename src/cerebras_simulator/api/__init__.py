"""The world as HTTP tells it: the Management API, the inference API, and the routes for whoever runs the simulator."""
