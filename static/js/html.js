/* Preact and htm under one roof: every view takes its markup and hooks from here. */
import { outside } from "./base.js";
import { Component, Fragment, createContext, h as element, render } from "../vendor/preact.js";
import {
  useCallback,
  useContext,
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "../vendor/preact-hooks.js";
import htm from "../vendor/htm.js";

/** An element. Every link of every view is written as the dashboard's own path, and drawn as the browser's. */
function h(type, props, ...children) {
  const own = type === "a" && props?.href?.startsWith("/");
  return element(type, own ? { ...props, href: outside(props.href) } : props, ...children);
}

export const html = htm.bind(h);
export {
  Component,
  Fragment,
  createContext,
  h,
  render,
  useCallback,
  useContext,
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
};

/** A component that is drawn again only when one of its properties is another value. */
export function pure(View) {
  return class Pure extends Component {
    shouldComponentUpdate(next) {
      const names = new Set([...Object.keys(next), ...Object.keys(this.props)]);
      return [...names].some((name) => next[name] !== this.props[name]);
    }

    render() {
      return h(View, this.props);
    }
  };
}
