// The door of people: the gate, what one may do, and who works here.
export { Desk, useAccess, useMay } from "./access";
export { explainFully, sentence } from "./explain";
export { currencyChoices, zoneChoices } from "./locale";
export { PersonMenu } from "./parts/PersonMenu";
export { PeoplePage } from "./screens/PeoplePage";
export { roleLabel, sentences as accessWords } from "./words";
