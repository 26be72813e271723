"""What the exchange's liquidation engine does about it."""
