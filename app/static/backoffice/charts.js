"use strict";
// Draws each element with data-chart: {type: "bar" | "line" | "pie", labels: [], series: [{name, values}]}.
document.addEventListener("DOMContentLoaded", () => {
  const colours = ["#1760b8", "#1b8a5a", "#d08a17", "#b5423c", "#6b5bb5", "#2a8fa3"];
  for (const place of document.querySelectorAll("[data-chart]")) {
    const data = JSON.parse(place.dataset.chart);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const picture = echarts.init(place, null, { renderer: "canvas" });
    const options = {
      color: colours,
      animation: !still,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      tooltip: { renderMode: "richText", trigger: data.type === "pie" ? "item" : "axis" },
      legend: { show: data.type === "pie" || data.series.length > 1, bottom: 0, type: "scroll" },
    };
    if (data.type === "pie") {
      const [only] = data.series;
      options.series = [{
        type: "pie", name: only.name, radius: ["42%", "68%"], center: ["50%", "45%"],
        label: { formatter: "{b}\n{d}%" },
        data: data.labels.map((name, n) => ({ name, value: only.values[n] })),
      }];
    } else {
      options.grid = { left: 8, right: 16, top: 24, bottom: data.series.length > 1 ? 34 : 8, containLabel: true };
      options.xAxis = { type: "category", data: data.labels, axisLabel: { hideOverlap: true } };
      options.yAxis = { type: "value", splitLine: { lineStyle: { color: "#e3e9ef" } } };
      options.series = data.series.map((each) => ({
        type: data.type, name: each.name, data: each.values, barMaxWidth: 36, smooth: true,
      }));
    }
    picture.setOption(options);
    new ResizeObserver(() => picture.resize()).observe(place);
  }
});
