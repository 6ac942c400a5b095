"""Workers: the processes that work queues, their health, and how many of them there should be (E7, E13)."""
