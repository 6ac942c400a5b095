// The wire types under their short names; all of them come from the server's document.
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Attendee = Schemas["AttendeeShape"];
export type AuditEntry = Schemas["AuditEntry"];
export type Books = Schemas["Books"];
export type Category = Schemas["Category"];
export type DeviceRow = Schemas["DeviceShape"];
export type DeviceSession = Schemas["DeviceSession"];
export type Event = Schemas["EventShape"];
export type Flag = Schemas["FlagShape"];
export type GuestSession = Schemas["GuestSession"];
export type InvitedPerson = Schemas["InvitedPerson"];
export type Me = Schemas["Me"];
export type Menu = Schemas["MenuShape"];
export type Modifier = Schemas["Modifier"];
export type ModifierGroup = Schemas["ModifierGroup"];
export type NewOrder = Schemas["OrderIn"];
export type NewOrderLine = Schemas["LineIn"];
export type Order = Schemas["OrderShape"];
export type OrderAnswer = Schemas["BatchAnswer"];
export type OrderLine = Schemas["LineShape"];
export type OrderResult = Schemas["OrderAnswer"];
export type Overview = Schemas["barback.commerce.reports.shapes.Overview"];
export type PairingCode = Schemas["PairingCode"];
export type PersonRow = Schemas["PersonShape"];
export type Product = Schemas["Product"];
export type Quarantined = Schemas["QuarantinedShape"];
export type Session = Schemas["Session"];
export type SignUp = Schemas["SignUp"];
export type Station = Schemas["StationShape"];
export type Tab = Schemas["TabShape"];
export type Tag = Schemas["TagShape"];
export type TaxClass = Schemas["TaxClass"];
export type Tenant = Schemas["TenantShape"];
export type Venue = Schemas["VenueShape"];

// The console's. What has a default is always there in an answer.
export type Attention = Required<Schemas["Attention"]>;
export type Change = Schemas["Change"];
export type ConsoleOverview = Schemas["barback.console.shapes.Overview"];
export type DeadLetter = Schemas["DeadLetter"];
export type DeadLetterDetail = Schemas["DeadLetterDetail"];
export type EngineMinute = Schemas["Minute"];
export type EngineWorker = Schemas["WorkerFigures"];
export type ErrorGroup = Schemas["ErrorGroup"];
export type KeyLook = Schemas["KeyLook"];
export type KeyPage = Schemas["KeyPage"];
export type MessageDetail = Schemas["MessageDetail"];
export type MessageRow = Schemas["MessageFigures"];
export type Queue = Required<Schemas["QueueFigures"]>;
export type QueueActivity = Schemas["QueueActivity"];
export type QueueDetail = Required<Schemas["QueueDetail"]>;
export type Redrive = Schemas["RedriveFigures"];
export type Schedule = Schemas["ScheduleFigures"];
