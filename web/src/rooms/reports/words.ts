// What is said about the numbers of a night, in one place.

export const sentences = {
  quiet: { title: "All set for the first sale", detail: "As soon as a till sells, the numbers move here by themselves." },
  draft: "This event is a draft. Tills can be paired and tried; open it when the night begins.",
  noProducts: "What sells best shows up here.",
  noStations: "Stations and what they sell show up here.",
};
