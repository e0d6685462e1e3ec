"""The robot's other end: servos and IMU that speak the real ones' bytes, with MuJoCo's body behind them."""
