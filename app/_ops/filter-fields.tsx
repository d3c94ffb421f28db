// The fields that filters of lists are made of.
import "server-only";
import { INPUT_CLASS } from "@/components/ui/field";
import { operatorTexts } from "@/messages/operators";

export function ChoiceField({
  name,
  label,
  value,
  options,
}: {
  name: string;
  label: string;
  value: string;
  options: readonly { value: string; text: string }[];
}) {
  return (
    <label className="block min-w-0">
      <span className="mb-1 block text-small text-fg-muted">{label}</span>
      <select name={name} defaultValue={value} className={INPUT_CLASS}>
        <option value="">{operatorTexts().t("list.any")}</option>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.text}
          </option>
        ))}
      </select>
    </label>
  );
}

export function TypedField({
  name,
  label,
  value,
  hint,
  pattern,
}: {
  name: string;
  label: string;
  value: string;
  hint?: string;
  /** A regular expression that the browser holds the whole value to. */
  pattern?: string;
}) {
  return (
    <label className="block min-w-0">
      <span className="mb-1 block text-small text-fg-muted">{label}</span>
      <input
        name={name}
        defaultValue={value}
        placeholder={hint}
        pattern={pattern}
        title={pattern && hint}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        className={INPUT_CLASS}
      />
    </label>
  );
}
