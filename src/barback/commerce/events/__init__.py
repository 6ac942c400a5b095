"""Events: venues, occasions with guests, and the stations where things are sold or made.

Front door. An event fixes currency, time zone and how tax is counted; once it has opened these do
not change, because orders were priced by them.

    event_of        one event of a tenant, or EventNotFound (404), also for a foreign tenant's
    events_by_ids   many at once, for work behind queues
    stations_of     the stations of an event;  station_of  one of them, or StationNotFound
    stations_by_ids many at once, for work behind queues

States: draft → open → closed.
"""

from barback.commerce.events.actions import add_event, add_station, add_venue, change_event
from barback.commerce.events.rules import Event, EventNotFound, Station, StationNotFound, Venue, VenueNotFound
from barback.commerce.events.store import event_of, events_by_ids, station_of, stations_by_ids, stations_of

__all__ = [
    "Event",
    "EventNotFound",
    "Station",
    "StationNotFound",
    "Venue",
    "VenueNotFound",
    "add_event",
    "add_station",
    "add_venue",
    "change_event",
    "event_of",
    "events_by_ids",
    "station_of",
    "stations_by_ids",
    "stations_of",
]
