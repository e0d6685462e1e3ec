"use strict";
// Charts are drawn when they come near the screen, in the colors of the page, and again when those change.

const root = document.documentElement;
const drawn = new Set();
const touch = matchMedia("(pointer: coarse)").matches; // a finger scrolls the page, it does not zoom a chart

function color(name) {
  return getComputedStyle(root).getPropertyValue(name).trim();
}

function inPageColors(layout) {
  const axis = { gridcolor: color("--grid"), linecolor: color("--grid"), tickcolor: color("--grid") };
  return {
    ...layout,
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: color("--muted") },
    hoverlabel: { bgcolor: color("--card"), bordercolor: color("--line"), font: { color: color("--text") } },
    xaxis: { ...layout.xaxis, ...axis },
    yaxis: { ...layout.yaxis, ...axis },
    dragmode: touch ? false : "zoom",
  };
}

function draw(place) {
  const figure = JSON.parse(place.nextElementSibling.textContent);
  Plotly.react(place, figure.data, inPageColors(figure.layout), { responsive: true, displayModeBar: false });
  place.dataset.drawn = "true";
  drawn.add(place);
}

const nearby = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) {
        nearby.unobserve(entry.target);
        draw(entry.target);
      }
    }
  },
  { rootMargin: "600px" },
);
document.querySelectorAll(".chart").forEach((place) => nearby.observe(place));

function redraw() {
  drawn.forEach(draw);
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
document.getElementById("theme").addEventListener("click", () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  redraw();
});

// The entry of the navigation whose section is on the screen.
const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
const onScreen = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) {
        links.forEach((link, id) => link.classList.toggle("here", id === entry.target.id));
      }
    }
  },
  { rootMargin: "-20% 0px -70% 0px" },
);
document.querySelectorAll("main > section").forEach((section) => onScreen.observe(section));
