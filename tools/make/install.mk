# make install, make uninstall [DESTDIR=] [PREFIX=] [SBINDIR=] [MANDIR=] [SYSCONFDIR=]
#
# Texts name files in /etc; where SYSCONFDIR is another directory they are installed with its name.

RULES_DIR = $(PREFIX)/share/ecsaudit/rules
CONFIGURATION = $(SYSCONFDIR)/ecsaudit.json
MAN_PAGES = $(wildcard tools/man/*.[578])
# FILE:PLACE
PAGES = $(foreach page,$(MAN_PAGES),$(page):$(MANDIR)/man$(subst .,,$(suffix $(page)))/$(notdir $(page)))
RULES = $(foreach file,$(wildcard rules/*),$(file):$(RULES_DIR)/$(notdir $(file)))
AS_INSTALLED = sed 's,/etc/ecsaudit,$(SYSCONFDIR)/ecsaudit,g'

.PHONY: install uninstall
install: all
	install -D -m 755 $O/ecsaudit.stripped $(DESTDIR)$(SBINDIR)/ecsaudit
	$(Q)for pair in $(PAGES) $(RULES) board/ecsaudit.json:$(CONFIGURATION); do \
		place=$(DESTDIR)$${pair#*:}; \
		[ "$$place" != $(DESTDIR)$(CONFIGURATION) ] || [ ! -e "$$place" ] || continue; \
		echo "install $$place"; install -D -m 644 /dev/null "$$place" && \
			$(AS_INSTALLED) "$${pair%%:*}" >"$$place" || exit 1; done

# A rule file or the configuration may have been changed: then it stays.
uninstall:
	rm -f $(DESTDIR)$(SBINDIR)/ecsaudit $(foreach page,$(PAGES),$(DESTDIR)$(lastword $(subst :, ,$(page))))
	$(Q)for pair in $(RULES) board/ecsaudit.json:$(CONFIGURATION); do \
		place=$(DESTDIR)$${pair#*:}; [ -e "$$place" ] || continue; \
		if $(AS_INSTALLED) "$${pair%%:*}" | cmp -s - "$$place"; then \
			echo "rm $$place"; rm -f "$$place" || exit 1; \
		else echo "$$place was changed and stays"; fi; done
	$(Q)for dir in $(DESTDIR)$(RULES_DIR) $(DESTDIR)$(PREFIX)/share/ecsaudit; do \
		[ ! -d "$$dir" ] || rmdir --ignore-fail-on-non-empty "$$dir"; done
