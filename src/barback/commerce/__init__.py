"""The rooms of the business. Each is a bounded context with its own tables, rules, routes and background work.

A room is used through its front door, its `__init__`, by higher rooms only: reports → orders → tabs → menu, guests →
events → accounts → ledger. News travels up as messages on topics.
"""
