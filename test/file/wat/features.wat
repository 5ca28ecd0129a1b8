;;! test=text
;; Proposals that are off by default are refused where they are named.
(module (memory 1 (pagesize 1)))
(module (memory (pagesize 1) (data "x")))
(module (func try end))
(module (func (try (do))))
(module (func (rethrow 0)))
;; ---
;; 3:20: unknown operator pagesize: this needs the custom-page-sizes feature, which is switched off
;; 4:18: unknown operator pagesize: this needs the custom-page-sizes feature, which is switched off
;; 5:15: unknown operator try: this needs the legacy-exceptions feature, which is switched off
;; 6:16: unknown operator try: this needs the legacy-exceptions feature, which is switched off
;; 7:16: unknown operator rethrow: this needs the legacy-exceptions feature, which is switched off
