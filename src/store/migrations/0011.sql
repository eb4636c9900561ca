-- Packages that the partner will never take as they are. They wait for a person.
CREATE INDEX outgoing_refused ON outgoing (office, partner, serial) WHERE state = 'REFUSED';
