/* Preact and htm under one roof: every view takes its markup and hooks from here. */
import { Component, Fragment, createContext, h, render } from "../vendor/preact.js";
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
