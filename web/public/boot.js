// Runs before the page is painted: applies the chosen colour scheme, so that nobody at a dark bar is blinded by a flash.
(function () {
  function chosenByHand() {
    try {
      return localStorage.getItem("mantine-color-scheme-value");
    } catch {
      return null;
    }
  }
  var chosen = chosenByHand() || document.documentElement.dataset.scheme || "auto";
  var hour = new Date().getHours();
  var night = chosen === "night" && (hour >= 18 || hour < 6);
  var device = (chosen === "auto" || chosen === "night") && matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.setAttribute("data-mantine-color-scheme", chosen === "dark" || night || device ? "dark" : "light");
})();
