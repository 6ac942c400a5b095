// The front door of the desk: parts of the working pages in office and console.
export { failed, said, useAct } from "./act";
export { readSearch, useAddress, writeSearch, type Address } from "./address";
export { ask, overPage } from "./ask";
export { ExplainProvider, useExplain, type Explain, type Explained } from "./explain";
export { CopyField, MoneyInput, SearchInput } from "./inputs";
export { Loaded, Refused } from "./Loaded";
export { Go, usePlaces } from "./nav";
export { MinuteBars, type BarMinute } from "./MinuteBars";
export { useNow } from "./now";
export { QrCode } from "./QrCode";
export { Rows, type Column } from "./Rows";
export { Chip, Code, Figures, PageHead, Panel, type FigureProps, type Tone } from "./shapes";
