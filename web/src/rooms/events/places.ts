// Where things are in the office. Pages link to each other by these, so that an address is written down once.

export const places = {
  events: "/",
  start: "/start",
  people: "/people",
  overview: (eventId: string) => `/events/${eventId}`,
  orders: (eventId: string) => `/events/${eventId}/orders`,
  order: (eventId: string, orderId: string) => `/events/${eventId}/orders/${orderId}`,
  needsPerson: (eventId: string) => `/events/${eventId}/needs-a-person`,
  tabs: (eventId: string) => `/events/${eventId}/tabs`,
  tab: (eventId: string, tabId: string) => `/events/${eventId}/tabs/${tabId}`,
  menu: (eventId: string) => `/events/${eventId}/menu`,
  guests: (eventId: string) => `/events/${eventId}/guests`,
  guest: (eventId: string, attendeeId: string) => `/events/${eventId}/guests/${attendeeId}`,
  stations: (eventId: string) => `/events/${eventId}/stations`,
  settings: (eventId: string) => `/events/${eventId}/settings`,
};
