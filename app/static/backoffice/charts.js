"use strict";
// Draws each element with data-chart: {type: "bar" | "line" | "pie", labels: [], series: [{name, unit, values}]}.
document.addEventListener("DOMContentLoaded", () => {
  const colours = ["#1760b8", "#1b8a5a", "#d08a17", "#b5423c", "#6b5bb5", "#2a8fa3"];
  const letter = 12;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

  // Days of one year are named without it.
  const short = (labels) => {
    const [first = ""] = labels;
    const days = /^\d{4}-\d\d-\d\d$/.test(first) && labels.every((text) => text.startsWith(first.slice(0, 5)));
    return days ? labels.map((text) => text.slice(5)) : labels;
  };

  // Every name below its bar: upright in up to three lines, else slanted; of more points than have room only some.
  const names = (labels, width) => {
    const room = width / Math.max(labels.length, 1);
    const longest = Math.max(0, ...labels.map((text) => text.length)) * letter;
    if (longest <= (room - 6) * 3) return { interval: 0, width: room - 6, overflow: "break", lineHeight: 15, rotate: 0 };
    if (room >= letter * 1.5) return { interval: 0, width: letter * 7, overflow: "truncate", rotate: 40 };
    return { interval: "auto", hideOverlap: true, width: letter * 8, overflow: "truncate", rotate: 0 };
  };

  const pie = (data) => {
    const [only] = data.series;
    const whole = only.values.reduce((sum, value) => sum + value, 0) || 1;
    const share = new Map(data.labels.map((name, n) => [name, `${((only.values[n] / whole) * 100).toFixed(1)}%`]));
    return {
      tooltip: { renderMode: "richText", trigger: "item" },
      legend: { bottom: 0, type: "scroll", formatter: (name) => `${name} ${share.get(name)}` },
      series: [{
        type: "pie", name: only.name, radius: ["46%", "74%"], center: ["50%", "44%"], label: { show: false },
        data: data.labels.map((name, n) => ({ name, value: only.values[n] })),
      }],
    };
  };

  const plane = (data) => {
    const many = data.series.length > 1;
    const units = new Set(data.series.map((each) => each.unit));
    return {
      tooltip: { renderMode: "richText", trigger: "axis" },
      legend: { show: many, bottom: 0, type: "scroll" },
      grid: { left: 8, right: 16, top: 32, bottom: many ? 34 : 8, containLabel: true },
      xAxis: { type: "category", data: short(data.labels) },
      yAxis: {
        type: "value", name: units.size === 1 ? data.series[0].unit : "", nameTextStyle: { align: "right" },
        minInterval: units.has("") ? 1 : 0, splitLine: { lineStyle: { color: "#e3e9ef" } },
      },
      series: data.series.map((each) => ({
        type: data.type, name: each.name, data: each.values, barMaxWidth: 36, smooth: true,
      })),
    };
  };

  for (const place of document.querySelectorAll("[data-chart]")) {
    const data = JSON.parse(place.dataset.chart);
    const picture = echarts.init(place, null, { renderer: "canvas" });
    const shared = { color: colours, animation: !still, textStyle: { fontFamily: getComputedStyle(document.body).fontFamily } };
    const round = data.type === "pie";
    const fit = () => round || picture.setOption({ xAxis: { axisLabel: names(short(data.labels), picture.getWidth() - 80) } });
    picture.setOption({ ...shared, ...(round ? pie(data) : plane(data)) });
    fit();
    new ResizeObserver(() => {
      picture.resize();
      fit();
    }).observe(place);
  }
});
